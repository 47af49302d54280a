// Sends the photo from this page straight to Packshot, with a token that is good for one upload from this shop alone.
const form = document.getElementById('photo');
const state = document.getElementById('state');
const AGAIN_MS = 700;

const said = {
  starting: 'Starting…',
  working: 'The picture is being made…',
  done: 'Done: this is the picture now.',
};

async function json(answer) {
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.detail ?? told.problem ?? answer.statusText);
  return told;
}

async function send(file) {
  const { token, upload_url } = await json(await fetch('/merchant/token', { method: 'POST' }));
  const upload = await json(await fetch(upload_url, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/octet-stream' },
    body: file,
  }));
  return json(await fetch(`/merchant/${form.dataset.sku}/photo`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ upload: upload.id }),
  }));
}

async function follow() {
  for (;;) {
    const now = await json(await fetch(`/merchant/${form.dataset.sku}/state`));
    state.textContent = said[now.state] ?? `This did not work: ${now.problem}`;
    if (now.state === 'done') show(now.picture);
    if (now.state === 'done' || now.state === 'failed') return;
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

function show(name) {
  const picture = document.createElement('img');
  picture.src = `/pictures/${name}`;
  picture.alt = '';
  document.getElementById('picture').replaceChildren(picture);
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = form.querySelector('button');
  button.disabled = true;
  state.textContent = 'Sending the photo…';
  try {
    await send(form.elements.file.files[0]);
    await follow();
  } catch (error) {
    state.textContent = `This did not work: ${error.message}`;
  } finally {
    button.disabled = false;
  }
});
