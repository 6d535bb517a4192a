/** The forms beside the editor begin from what is written there now; without this file from what was last sent. */
const written = document.getElementById('yaml');
for (const field of document.querySelectorAll('input[data-written]')) {
  field.form.addEventListener('submit', () => {
    field.value = written.value;
  });
}
