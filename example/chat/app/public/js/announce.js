import { byId, toast } from './dom.js';
import { explain, t } from './texts.js';

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
  if (!response.ok) throw new Error(answer.error ? explain(answer.error) : answer.message ?? t('The server answered {status}.', { status: response.status }));
  return answer;
}

/** The dialog by which an announcement is made. */
export function useAnnouncements() {
  const dialog = byId('announce');
  const text = byId('announce-text');
  const error = byId('announce-error');

  const blame = message => {
    error.textContent = message;
    text.setAttribute('aria-invalid', String(message !== ''));
  };

  byId('announce-open').addEventListener('click', () => {
    blame('');
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
      toast(reached === 1 ? t('Announced to one person') : t('Announced to {count} people', { count: reached }));
    } catch (failure) {
      blame(failure.message);
    }
  });
}
