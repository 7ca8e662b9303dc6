// Small comforts of forms. Every form works without them.

for (const button of document.querySelectorAll('[data-copy]')) {
  button.hidden = !navigator.clipboard;
  const label = button.textContent;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent.trim());
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}

for (const choice of document.querySelectorAll('select[data-switch]')) {
  const apply = () => {
    for (const part of choice.form.querySelectorAll('[data-when]')) {
      part.hidden = part.dataset.when !== choice.value;
    }
  };
  choice.addEventListener('change', apply);
  apply();
}

for (const choice of document.querySelectorAll('select[data-submit]')) {
  choice.form.querySelector('button[type="submit"]').hidden = true;
  choice.addEventListener('change', () => choice.form.requestSubmit());
}

for (const form of document.querySelectorAll('form[data-preview]')) {
  const place = document.getElementById('preview');
  const fields = [...form.querySelectorAll('[data-previewed]')];
  let timer = null;
  let asked = 0;

  const load = async () => {
    const number = ++asked;
    const values = new URLSearchParams(fields.map(field => [field.name, field.value]));
    const answer = await fetch(`${form.dataset.preview}?${values}`, {headers: {'Accept': 'text/html', 'X-Region': 'preview'}});
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const content = page.getElementById('preview-content') ?? page.querySelector('.problem');
    if (content && number === asked) {
      place.replaceChildren(content);
    }
  };

  if (place) {
    for (const field of fields) {
      field.addEventListener('input', () => {
        clearTimeout(timer);
        timer = setTimeout(load, 350);
      });
    }
    load();
  }
}
