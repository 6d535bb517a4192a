/**
 * Keeps the inbox as the server would draw it now. The server says "something changed" on an event stream; where there
 * is none, the page asks every few seconds while somebody looks at it. What is shown is always the server's own page.
 */
const POLL_MS = 3000;

const inbox = document.getElementById('inbox');
if (inbox) live(inbox);

/** On the icon of the installed application, where the browser has one: how much waits. */
function badge(inbox) {
  const waiting = inbox.querySelectorAll('.waiting > li').length;
  const shown = waiting === 0 ? navigator.clearAppBadge?.() : navigator.setAppBadge?.(waiting);
  shown?.catch(() => {}); // not installed
}

function live(inbox) {
  badge(inbox);
  const poll = () => setInterval(refresh, POLL_MS);
  document.addEventListener('visibilitychange', refresh);
  if (inbox.dataset.events === undefined) poll();
  else listen(new EventSource(inbox.dataset.events));

  function listen(events) {
    events.addEventListener('inbox', refresh);
    // Between the page and the stream, or while there was none, nothing was told.
    events.addEventListener('open', refresh);
    // After a break the browser reconnects by itself, unless the server declined.
    events.addEventListener('error', () => events.readyState === EventSource.CLOSED && poll());
  }

  async function refresh() {
    if (document.visibilityState !== 'visible') return;
    const answer = await fetch(location.href, {
      headers: { accept: 'text/html', 'x-countersign-refresh': '1' },
      redirect: 'manual',
    }).catch(() => null);
    if (!answer?.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const next = fresh.getElementById('inbox');
    if (!next || next.innerHTML === inbox.innerHTML) return;
    const focused = document.activeElement?.getAttribute('href');
    inbox.replaceChildren(...next.childNodes);
    badge(inbox);
    if (focused) inbox.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
    document.getElementById('inbox-news').textContent = inbox.querySelector('h2').textContent;
  }
}
