"""read.py LETTER: what tests/mail/run compares: every header of a letter decoded, in the order in which it was sent, an empty
line, and its text. First it looks at what must be so in every letter, and says what is not."""
import email, email.policy, re, sys

raw = open(sys.argv[1], "rb").read()
head = raw.split(b"\r\n\r\n", 1)[0]
wrong = []
if not head.isascii():
    wrong.append("a header has bytes beyond ASCII")
if raw.replace(b"\r\n", b"").count(b"\n") or raw.replace(b"\r\n", b"").count(b"\r"):
    wrong.append("a line ends otherwise than with CR LF")
if max(map(len, raw.split(b"\r\n"))) > 998:
    wrong.append("a line is longer than 998 bytes")
letter = email.message_from_bytes(raw, policy=email.policy.default)
if letter.defects or letter["date"].datetime is None:
    wrong.append(f"it has defects: {letter.defects}")
if letter.is_multipart() or letter.get_content_type() != "text/plain":
    wrong.append("it is not plain text")
if not re.fullmatch(r"<[0-9a-f]{32}@127\.0\.0\.1>", letter["message-id"] or ""):
    wrong.append(f"its id is {letter['message-id']}")
for one in wrong:
    print("WRONG", one)
for name, value in letter.items():
    if name not in ("Date", "Message-ID"):
        print(f"{name}: {value}")
print()
print(letter.get_content().replace("\r\n", "\n"), end="")
