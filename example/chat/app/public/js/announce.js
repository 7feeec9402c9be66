import { byId, toast } from './dom.js';

/** Egg's own protection: the token that came as a cookie goes back as a header, which no other site can do. */
function csrfToken() {
  return /(?:^|; )csrfToken=([^;]*)/.exec(document.cookie)?.[1] ?? '';
}

async function post(text) {
  const response = await fetch('/announce', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', 'x-csrf-token': csrfToken() },
    body: JSON.stringify({ text }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error?.message ?? answer.message ?? `The server answered ${response.status}.`);
  return answer;
}

/** The dialog by which an announcement is made. */
export function useAnnouncements() {
  const dialog = byId('announce');
  const text = byId('announce-text');
  const error = byId('announce-error');

  byId('announce-open').addEventListener('click', () => {
    error.textContent = '';
    dialog.showModal();
    text.focus();
  });
  byId('announce-cancel').addEventListener('click', () => dialog.close());
  text.addEventListener('keydown', event => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    byId('announce-form').requestSubmit();
  });
  byId('announce-form').addEventListener('submit', async event => {
    event.preventDefault();
    try {
      const { reached } = await post(text.value);
      text.value = '';
      dialog.close();
      toast(reached === 1 ? 'Announced to one person' : `Announced to ${reached} people`);
    } catch (failure) {
      error.textContent = failure.message;
    }
  });
}
