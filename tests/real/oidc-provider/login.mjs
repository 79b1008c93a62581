#!/usr/bin/env node
// login.mjs URL: what a person does with a browser at an authorization (or device verification) URL, without one.
//
// Follows redirects with a cookie jar, signs in, agrees, is sent to the loopback URL, and reads the page that stands
// at the end. Works as $BROWSER. The settings are in person.mjs.
//
// It speaks HTTP by itself because `fetch` cannot be made to look like a person who follows a link: it sends
// `Sec-Fetch-Mode: cors` with everything, which a careful listener refuses.
import http from 'node:http';
import { deny, finish, start, user, userCode } from './person.mjs';

const MOST_PAGES = 30;
const jar = [];

function keep(url, line) {
  const [[name, value], ...rest] = line.split(';').map((part) => {
    const [key, ...after] = part.trim().split('=');
    return [key, after.join('=')];
  });
  const said = Object.fromEntries(rest.map(([key, after]) => [key.toLowerCase(), after]));
  const cookie = { host: url.hostname, path: said.path || '/', name, value };
  const old = jar.findIndex((kept) => ['host', 'path', 'name'].every((field) => kept[field] === cookie[field]));
  if (old >= 0) jar.splice(old, 1);
  const over = 'max-age' in said ? Number(said['max-age']) <= 0 : Date.parse(said.expires) <= Date.now();
  if (!over) jar.push(cookie);
}

// As RFC 6265 section 5.1.4 matches them; ports do not count.
function cookies(url) {
  const matches = ({ host, path }) => host === url.hostname
    && (url.pathname === path || url.pathname.startsWith(path.endsWith('/') ? path : `${path}/`));
  return jar.filter(matches).map(({ name, value }) => `${name}=${value}`).join('; ');
}

/** One request, as a browser sends it for a page the person goes to. */
function request(url, { form, from } = {}) {
  const body = form && new URLSearchParams(form).toString();
  const headers = {
    accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'user-agent': 'Mozilla/5.0 (X11; Linux x86_64)',
    'sec-fetch-site': from ? (from.origin === url.origin ? 'same-origin' : 'cross-site') : 'none',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-user': '?1',
    'sec-fetch-dest': 'document',
    'upgrade-insecure-requests': '1',
    connection: 'close',
  };
  const sent = cookies(url);
  if (sent) headers.cookie = sent;
  if (body !== undefined) {
    headers['content-type'] = 'application/x-www-form-urlencoded';
    headers['content-length'] = Buffer.byteLength(body);
    headers.origin = url.origin;
  }
  return new Promise((resolve, reject) => {
    const outgoing = http.request(url, { method: body === undefined ? 'GET' : 'POST', headers }, async (response) => {
      try {
        response.setEncoding('utf8');
        let html = '';
        for await (const chunk of response) html += chunk;
        for (const line of response.headers['set-cookie'] ?? []) keep(url, line);
        resolve({ url, status: response.statusCode, location: response.headers.location, html });
      } catch (error) {
        reject(error);
      }
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };
const plain = (text) => text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (all, hex, decimal, name) => {
  if (name) return ENTITIES[name] ?? all;
  return String.fromCodePoint(hex ? parseInt(hex, 16) : Number(decimal));
});

/** The text a person sees, a line for a line. */
function text(html) {
  return plain(html.replace(/<(style|script|head|title)\b[\s\S]*?<\/\1>/gi, '').replace(/<!--[\s\S]*?-->/g, '')
    .replace(/<(?:br|\/?(?:p|div|h\d|li|ul|tr|main|section))\b[^>]*>/gi, '\n').replace(/<[^>]*>/g, ''))
    .split('\n').map((line) => line.replace(/\s+/g, ' ').trim()).filter(Boolean).join('\n');
}

const attribute = (tag, name) => {
  const [, value] = new RegExp(`\\s${name}="([^"]*)"`, 'i').exec(tag) ?? [];
  return value === undefined ? undefined : plain(value);
};

/** The page's form: where it goes and the fields a person fills in or finds filled in; undefined without one. */
function formOf(page) {
  const [, tag, inside] = /(<form\b[^>]*>)([\s\S]*?)<\/form>/i.exec(page.html) ?? [];
  if (!tag) return undefined;
  const fields = {};
  for (const [input] of inside.matchAll(/<input\b[^>]*>/gi)) {
    const name = attribute(input, 'name');
    if (name) fields[name] = attribute(input, 'value') ?? '';
  }
  if ('login' in fields) fields.login = user;
  if ('password' in fields) fields.password = 'any password';
  if (fields.user_code === '') fields.user_code = userCode;
  return { action: new URL(attribute(tag, 'action') || page.url, page.url), fields };
}

/** The next page a person goes to from this one; undefined when this is the last. */
function step(page) {
  const from = page.url;
  if (page.location && page.status >= 300 && page.status < 400) return request(new URL(page.location, from), { from });
  if (page.status >= 400) return undefined;
  const [cancel] = /<a\b[^>]*\shref="[^"]*\/abort"[^>]*>/i.exec(page.html) ?? [];
  if (deny && cancel) return request(new URL(attribute(cancel, 'href'), from), { from });
  const form = formOf(page);
  if (!form) return undefined;
  // The page that asks to confirm a device code has two buttons, one of them named `abort`.
  if (deny && /<button\b[^>]*\sname="abort"/i.test(page.html)) form.fields.abort = 'yes';
  return request(form.action, { form: form.fields, from });
}

async function walk(url) {
  let page = await request(url);
  for (let pages = 1; pages < MOST_PAGES; pages += 1) {
    const next = await step(page);
    if (!next) return page;
    page = next;
  }
  throw new Error(`no end after ${MOST_PAGES} pages, the last was ${page.url.pathname}`);
}

try {
  const { url, status, html } = await walk(new URL(start()));
  finish({ url, status, text: text(html) });
} catch (error) {
  console.error(`login: ${error.message || error.code}`);
  process.exitCode = 1;
}
