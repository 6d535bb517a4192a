/**
 * Draws the preview anew while somebody types. What is shown is the server's: the text goes there as it is, and the same
 * part of the page comes back. Without this file the buttons do it, a page at a time.
 */
const PAUSE_MS = 400;

const form = document.getElementById('editor');
if (form) live(form);

function live(form) {
  let asked;
  let timer;

  form.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => void look(shown()), PAUSE_MS);
  });
  form.addEventListener('submit', (event) => {
    clearTimeout(timer);
    if (event.submitter?.name !== 'show') return;
    event.preventDefault();
    void look(event.submitter.value);
  });

  const preview = () => document.getElementById('preview');
  const shown = () => preview().dataset.shown;

  /** Only the last answer counts: what was asked before it is about an older text. */
  async function look(show) {
    asked?.abort();
    asked = new AbortController();
    const body = new URLSearchParams(new FormData(form));
    body.set('show', show);
    const { signal } = asked;
    const answer = await fetch(`${form.action}/preview`, { method: 'POST', body, redirect: 'manual', signal })
      .then((response) => (response.ok ? response.text() : ''))
      .catch(() => '');
    if (!signal.aborted) put(new DOMParser().parseFromString(answer, 'text/html').getElementById('preview'));
  }

  function put(next) {
    const before = preview();
    const old = before.querySelector('#shown');
    // A line half typed cannot be read, and a server may not answer: what could be read last stays, and looks like it.
    if (old && !next?.querySelector('#shown')) {
      old.setAttribute('data-stale', '');
      next?.querySelector('#no-preview').replaceWith(old);
    }
    if (!next) return;
    const buttons = (part) => [...part.querySelectorAll('[name=show]')];
    const focused = buttons(before).indexOf(document.activeElement);
    const wrong = (part) => part.querySelector('#lint h3')?.textContent;
    if (wrong(next) !== wrong(before)) document.getElementById('preview-news').textContent = wrong(next) ?? '';
    before.replaceWith(next);
    buttons(next)[focused]?.focus();
  }
}
