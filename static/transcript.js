// Finding in the transcript: only the lines that hold the words stay, Enter goes on at the first of them.
// Without this file the whole transcript stands there, and the search of the portal finds its lines.

const box = document.querySelector('[data-find]');
const lines = [...document.querySelectorAll('.script p')].map((line) => {
  const words = line.querySelector('span');
  return { line, words, text: words.textContent, folded: folded(words.textContent) };
});

// Full-width letters, capitals and spaces make no difference.
function folded(text) { return text.normalize('NFKC').toLowerCase().replace(/\s+/g, ''); }

function mark({ words, text }, asked) {
  const at = asked ? text.toLowerCase().indexOf(asked.toLowerCase()) : -1;
  words.textContent = text;
  // A text whose length changes with its case is shown without a mark.
  if (at < 0 || text.toLowerCase().length !== text.length) return;
  const hit = document.createElement('mark');
  hit.textContent = text.slice(at, at + asked.length);
  words.replaceChildren(text.slice(0, at), hit, text.slice(at + asked.length));
}

if (box && lines.length > 0) {
  const input = box.querySelector('input');
  const found = box.querySelector('[data-found]');
  box.hidden = false;

  const filter = () => {
    const asked = input.value.trim();
    const wanted = folded(asked);
    let count = 0;
    for (const one of lines) {
      const isHit = one.folded.includes(wanted);
      if (isHit) count += 1;
      if (isHit || one.line.querySelector('mark')) mark(one, isHit ? asked : '');
      one.line.hidden = !isHit;
    }
    found.textContent = !wanted ? '' : count ? box.dataset.saySome.replace('{}', count) : box.dataset.sayNone;
  };

  input.addEventListener('input', filter);
  input.addEventListener('keydown', (event) => {
    // Enter that takes a word from the input method is not the reader's Enter.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === 'Escape' && input.value) {
      event.preventDefault();
      input.value = '';
      filter();
    } else if (event.key === 'Enter' && input.value.trim()) {
      event.preventDefault();
      // The player listens to this link and jumps there.
      lines.find((one) => !one.line.hidden)?.line.querySelector('a').click();
    }
  });
}
