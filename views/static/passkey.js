/**
 * Forms that a passkey answers. What is to be signed came with the page, written by the server; the answer is sent back
 * with the form, unread. A form asks for a passkey that is there (`data-request`), for a new one (`data-creation`), or
 * for the first and then the second.
 */
const POSSIBLE = globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON !== undefined;

for (const form of document.querySelectorAll('form[data-passkey]')) withPasskey(form);

function withPasskey(form) {
  const note = form.querySelector('[data-note]');
  const { request, creation } = form.dataset;
  let busy = false;
  const offer = form.dataset.offered === undefined ? undefined : offerIn(form);

  form.addEventListener('submit', async (event) => {
    // Whatever else the form can do, leaving above all, needs no passkey.
    if (event.submitter?.dataset.plain !== undefined) return;
    event.preventDefault();
    if (busy || !form.reportValidity()) return;
    if (!POSSIBLE) {
      note.textContent = form.dataset.impossible;
      return;
    }
    busy = true;
    offer?.abort(); // a browser asks for one thing at a time
    form.setAttribute('aria-busy', 'true');
    note.textContent = '';
    try {
      // What was answered before is kept: some browsers ask for a click before each of the two.
      if (request !== undefined && form.elements.assertion.value === '') {
        const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(request));
        put(form.elements.assertion, await navigator.credentials.get({ publicKey }));
      }
      if (creation !== undefined) {
        const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(creation));
        put(form.elements.attestation, await navigator.credentials.create({ publicKey }));
      }
      form.submit();
    } catch (error) {
      busy = false;
      form.removeAttribute('aria-busy');
      note.textContent = error.name === 'InvalidStateError' ? form.dataset.known : form.dataset.declined;
    }
  });
}

/** Offers passkeys among what the browser fills into the field of the e-mail address, where it can. */
function offerIn(form) {
  const offer = new AbortController();
  const ask = async () => {
    if (!POSSIBLE || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(form.dataset.request));
    put(
      form.elements.assertion,
      await navigator.credentials.get({ publicKey, mediation: 'conditional', signal: offer.signal }),
    );
    form.submit();
  };
  ask().catch(() => {}); // the button asks again, and says what went wrong
  return offer;
}

function put(field, credential) {
  field.value = JSON.stringify(credential.toJSON());
}
