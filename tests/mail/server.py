"""A mail server for tests/mail/run: Debian's aiosmtpd, which keeps every letter it takes as it came, and refuses some.

    server.py FOLDER CERTIFICATE KEY

Listens on ports of its own choice on loopback and writes their names and numbers to FOLDER/ports: `starttls` and `smtps` want
the password below, `plain` knows neither TLS nor passwords, `dead` takes connections and never says a word. What the user
part of an address says, happens to letters to it. Letters are in FOLDER/letters, one line a command in FOLDER/commands.
"""
import asyncio, json, logging, pathlib, ssl, sys

from aiosmtpd.smtp import SMTP, AuthResult

USER, PASSWORD = b"portal@example.gov.cn", b"a?secret/of:the@test"
folder = pathlib.Path(sys.argv[1])
(folder / "letters").mkdir()


def noted(server, word):
    with open(folder / "commands", "a") as file:
        file.write(f"{'tls' if server.transport.get_extra_info('ssl_object') else 'open'} {word}\n")


class Keeper:
    async def handle_MAIL(self, server, session, envelope, address, options):
        noted(server, f"MAIL {address}")
        if address.startswith("stranger@"):
            return "550 5.1.8 this sender is not ours"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        noted(server, f"RCPT {address}")
        refusals = {
            "gone": "550 5.1.1 no such mailbox",
            "full": "452 4.2.2 the mailbox is full",
            "relay": "554 5.7.1 relaying denied",
        }
        user = address.split("@")[0]
        if user in refusals:
            return refusals[user]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        user = envelope.rcpt_tos[0].split("@")[0]
        noted(server, f"DATA {user}")
        if user == "late":
            return "451 4.7.1 come back in a while"
        if user == "odd":
            return "554 5.6.0 this content is not wanted"
        number = len(list((folder / "letters").glob("*.eml")))
        name = folder / "letters" / f"{number:03}"
        name.with_suffix(".json").write_text(json.dumps({"from": envelope.mail_from, "to": envelope.rcpt_tos}))
        name.with_suffix(".eml").write_bytes(envelope.original_content)
        if user == "cut":
            # It has the letter, and the line breaks before it says so.
            server.transport.abort()
        if user == "slow":
            await asyncio.sleep(8)
        return "250 OK"


def sign_in(server, session, envelope, mechanism, data):
    is_right = mechanism in ("PLAIN", "LOGIN") and (data.login, data.password) == (USER, PASSWORD)
    noted(server, f"AUTH {'right' if is_right else 'wrong'}")
    return AuthResult(success=is_right, handled=False)


async def silent(reader, writer):
    await asyncio.sleep(600)


async def main():
    logging.disable(logging.CRITICAL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    loop = asyncio.get_running_loop()
    secret = dict(authenticator=sign_in, auth_required=True)
    kinds = {
        "starttls": (lambda: SMTP(Keeper(), tls_context=context, require_starttls=True, **secret), None),
        "smtps": (lambda: SMTP(Keeper(), auth_require_tls=False, **secret), context),
        "plain": (lambda: SMTP(Keeper()), None),
    }
    lines = []
    servers = []
    for name, (make, tls) in kinds.items():
        server = await loop.create_server(make, "127.0.0.1", 0, ssl=tls)
        servers.append(server)
        lines.append(f"{name} {server.sockets[0].getsockname()[1]}\n")
    dead = await asyncio.start_server(silent, "127.0.0.1", 0)
    servers.append(dead)
    lines.append(f"dead {dead.sockets[0].getsockname()[1]}\n")
    (folder / "ports.new").write_text("".join(lines))
    (folder / "ports.new").rename(folder / "ports")
    await asyncio.gather(*(server.serve_forever() for server in servers))


asyncio.run(main())
