// What the two login scripts know of the person who signs in, and how they tell what was seen at the end.
//
//   LOGIN_USER       who signs in (default alice); any password will do
//   LOGIN_DENY       1: cancel in place of signing in
//   LOGIN_USER_CODE  typed where a page asks for a device code
//   LOGIN_PAGE       a file that gets the text of the last page
import { renameSync, writeFileSync } from 'node:fs';

export const user = process.env.LOGIN_USER || 'alice';
export const deny = process.env.LOGIN_DENY === '1';
export const userCode = process.env.LOGIN_USER_CODE || '';

/** The URL the script was called with, as `$BROWSER` gets it. */
export function start() {
  const [url, ...more] = process.argv.slice(2);
  if (url && more.length === 0) return url;
  console.error('usage: one URL, to be opened');
  return process.exit(2);
}

/** Writes `content` to the file `path`; nobody ever reads half of it. */
export function write(path, content) {
  if (!path) return;
  writeFileSync(`${path}.part`, content);
  renameSync(`${path}.part`, path);
}

/** Ends the script with the last page: exit 0 when it is a good one, else 1 and the page's words on stderr. */
export function finish({ url, status, text }) {
  write(process.env.LOGIN_PAGE, `${text}\n`);
  if (status < 400) return;
  console.error(`stopped at ${url.origin}${url.pathname} with status ${status}: ${text.slice(0, 500)}`);
  process.exitCode = 1;
}
