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

function put(field, credential) {
  field.value = JSON.stringify(credential.toJSON());
}
