// Small comforts on every page. Everything works without them.

// After a form came back with mistakes, the summary is read first.
document.querySelector('[data-focus]')?.focus();

// A form is sent once, however often the button is pressed.
for (const form of document.querySelectorAll('form[method="post"]')) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = 'yes';
    // The page may be shown again from the browser's memory, or the network may be away.
    setTimeout(() => delete form.dataset.sent, 4000);
  });
}
addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-sent]')) delete form.dataset.sent;
});

// A page that is to be printed says so with a button.
for (const button of document.querySelectorAll('[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => print());
}

// Records of visits that a phone keeps (visit.js) go when whoever typed them signs out: after a question, if there are any.
const leave = document.querySelector('form[action="/sign-out"][data-account]');
leave?.addEventListener('submit', (event) => {
  let kept = [];
  try {
    kept = Object.keys(localStorage).filter((name) => name.startsWith('visit:') || name === 'visits');
  } catch { /* nothing can be kept here */ }
  if (!kept.length) return;
  event.preventDefault();
  setTimeout(() => delete leave.dataset.sent);
  const own = kept.filter((name) => name.startsWith(`visit:${leave.dataset.account}:`));
  if (own.length && !confirm(leave.dataset.sure)) return;
  for (const name of [...own, 'visits']) localStorage.removeItem(name);
  Promise.resolve(globalThis.caches?.delete('visits')).catch(() => {}).finally(() => leave.submit());
});
