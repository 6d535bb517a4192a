/**
 * Approve works only when a person can have read the page: visible and focused for 700 ms without a break, and a real
 * pointer, touch or key event here. A page that lures somebody into a double click and swaps itself for this one
 * between the two (double-clickjacking) has neither. Deny is never held back.
 */
const READING_MS = 700;
/** How often a page looks that nobody tells anything. */
const POLL_MS = 3000;

// It runs before the first button is drawn, and until the guard stands nothing that approves is sent: a page that is still
// on its way cannot be clicked through.
const isApproving = (button) => button?.value === 'approve' || button?.dataset.guarded !== undefined;
const hold = (event) => isApproving(event.submitter) && event.preventDefault();
addEventListener('submit', hold, true);
// A box says by hand that the page was read. It is not even seen here, and stays where this file does not arrive.
document.documentElement.dataset.guarding = '';
let form;
addEventListener('DOMContentLoaded', () => {
  form = document.querySelector('form[data-guard]');
  // There is none where nothing can be approved yet.
  const approve = form?.querySelector('button.approve');
  if (approve) guard(form, approve);
  if (form?.dataset.events !== undefined) watchOthers(form.dataset.events);
  removeEventListener('submit', hold, true);
});

function guard(form, approve) {
  const buttons = approve.parentElement;
  const box = form.querySelector('[data-unguarded]');
  box?.remove();
  box?.removeAttribute('data-unguarded');
  let readableSince;
  let touched = false;
  let sent = false;
  let timer;

  function watch() {
    clearTimeout(timer);
    readableSince = undefined;
    touched = false;
    sent = false;
    buttons.removeAttribute('aria-busy');
    approve.setAttribute('aria-disabled', 'true');
    if (document.visibilityState !== 'visible' || !document.hasFocus()) return;
    readableSince = performance.now();
    timer = setTimeout(() => approve.setAttribute('aria-disabled', 'false'), READING_MS);
  }

  const readable = () => readableSince !== undefined && performance.now() - readableSince >= READING_MS;

  for (const change of ['focus', 'blur', 'pageshow']) addEventListener(change, watch);
  document.addEventListener('visibilitychange', watch);
  for (const sign of ['pointermove', 'pointerdown', 'touchstart', 'keydown', 'change']) {
    addEventListener(
      sign,
      (event) => {
        // A page that appears below a resting pointer is told of a move that nobody made: by nothing, to nowhere.
        const unmoved = event.type === 'pointermove' && event.movementX === 0 && event.movementY === 0;
        touched ||= event.isTrusted && !unmoved;
      },
      { passive: true, capture: true },
    );
  }

  form.addEventListener('submit', (event) => {
    if (sent) return event.preventDefault();
    const approving = isApproving(event.submitter);
    if (approving && !(readable() && touched)) {
      event.preventDefault();
      return askToRead(form, box, readable());
    }
    if (approving) say(form, 'read', '1');
    sent = true;
    buttons.setAttribute('aria-busy', 'true');
  });

  // What the browser finds wrong lies in something closed: it could not be shown there.
  form.addEventListener('invalid', ({ target }) => target.closest('details')?.setAttribute('open', ''), true);

  watch();
}

/** Some assistive technology presses buttons without any pointer or key event: a box to tick is its way through. */
function askToRead(form, box, couldRead) {
  const note = form.querySelector('[data-note]');
  note.textContent = couldRead ? form.dataset.tickFirst : form.dataset.readFirst;
  if (!couldRead || form.querySelector('input[name="read"]')) return;
  box.querySelector('input').required = true;
  note.before(box);
}

function say(form, name, value) {
  if (form.querySelector(`input[name="${name}"]`)) return;
  form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }));
}

/**
 * Decided on another device, or ended: this page then shows what became of it. What is shown is always the server's own.
 * It looks once when the stream opens, too: between the page and the stream, or while there was none, nothing is told.
 */
function watchOthers(stream) {
  const news = new EventSource(stream);
  news.addEventListener('open', look);
  news.addEventListener('inbox', look);
  // Where the server declines, or a proxy in between does.
  news.addEventListener('error', () => {
    if (news.readyState === EventSource.CLOSED)
      setInterval(() => document.visibilityState === 'visible' && look(), POLL_MS);
  });

  // Decided right here: the answer to the form is on its way, and loading this page once more would take its place.
  const decidedHere = () => form.querySelector('[aria-busy="true"]') !== null;

  async function look() {
    if (decidedHere()) return;
    const answer = await fetch(location.href, {
      headers: { accept: 'text/html', 'x-countersign-refresh': '1' },
      redirect: 'manual',
    }).catch(() => null);
    if (answer === null || answer.type === 'opaqueredirect' || answer.status === 204 || answer.status >= 500) return;
    if (!(await answer.text()).includes('data-guard') && !decidedHere()) location.replace(location.href);
  }
}
