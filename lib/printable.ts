/** What comes from a client, such as a dynamic namespace's name, must not break a log line in two. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f]/g, '?');
}
