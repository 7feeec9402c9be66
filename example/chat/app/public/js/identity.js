const PREFIX = 'egg-chat.';
const read = name => sessionStorage.getItem(PREFIX + name) ?? undefined;
const write = (name, value) => sessionStorage.setItem(PREFIX + name, value);

function randomHex() {
  // Not crypto.randomUUID(), which a page that came over plain HTTP from another machine does not have.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Who this browser tab is, across reloads and reconnections: the nickname, the room, and a secret by which the server
 * knows the tab again while its old connection still holds the nickname.
 */
export const identity = {
  get nick() { return read('nick'); },
  set nick(nick) { write('nick', nick); },

  get room() { return read('room'); },
  set room(room) { write('room', room); },

  get tab() {
    if (!read('tab')) write('tab', randomHex());
    return read('tab');
  },

  forget() {
    sessionStorage.removeItem(`${PREFIX}nick`);
    sessionStorage.removeItem(`${PREFIX}room`);
  },
};
