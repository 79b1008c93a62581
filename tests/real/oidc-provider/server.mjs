#!/usr/bin/env node
// A certified OpenID provider (npm `oidc-provider`) on 127.0.0.1, and a few doors of our own to look into it.
//
// It prints one line, `READY http://127.0.0.1:PORT`, when it can be used, and ends when its stdin closes, so that
// nothing stays behind when the test run that started it is killed. Any name and any password sign in; the name is
// the subject, and its e-mail is NAME@example.test.
//
//   OIDC_PORT          0 (default): any free port
//   OIDC_ACCESS_TTL    seconds an access token lives (default 3600)
//   OIDC_REFRESH_TTL   seconds a refresh token lives (default 86400)
//   OIDC_CODE_TTL      seconds an authorization code lives (default 60)
//   OIDC_ROTATE        0: a refresh gives the same refresh token back. Otherwise each one is single use, and the
//                      package revokes the whole grant when a spent one is presented
//   OIDC_REFRESH       `offline`: a refresh token only with scope offline_access and prompt=consent. Otherwise always
//   OIDC_FEATURES      what else is served and announced, apart by commas: credentials, device, dpop, introspection,
//                      nonce (with dpop: every proof needs one of the server's), par, registration
//
//   GET  /counters     what has been asked of the server so far, see `counters` below
//   POST /expire       every access token ends now; refresh tokens live on
//   POST /hang?ms=N    the token endpoint does its work at once, counts it, and answers N milliseconds later;
//                      0 ends that. Who waits for the counter and then kills the client has lost the answer
import http from 'node:http';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { load } from './modules.mjs';

// The package greets with notes that it is set up for development; some of them go to stdout.
console.info = () => {};
console.warn = () => {};
const { Provider } = await load('oidc-provider');

const setting = (name, preset) => process.env[name] || preset;
const seconds = (name, preset) => {
  const value = Number(setting(name, preset));
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} is not a number of seconds`);
  return value;
};

const CODE = 'authorization_code';
const REFRESH = 'refresh_token';
const CREDENTIALS = 'client_credentials';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';

// A feature of the package by the name OIDC_FEATURES has for it.
const FEATURES = {
  credentials: 'clientCredentials',
  device: 'deviceFlow',
  dpop: 'dPoP',
  introspection: 'introspection',
  par: 'pushedAuthorizationRequests',
  registration: 'registration',
};
const features = setting('OIDC_FEATURES', '').split(',').filter(Boolean);
for (const name of features) if (name !== 'nonce' && !Object.hasOwn(FEATURES, name)) throw new Error(`no such feature: ${name}`);

// Any port will do for these (RFC 8252 section 7.3).
const LOOPBACK = ['http://127.0.0.1/callback', 'http://localhost/callback', 'http://[::1]/callback', 'http://127.0.0.1/'];

function registered(client_id, authentication, more = {}) {
  return {
    client_id,
    client_name: client_id,
    application_type: 'native',
    token_endpoint_auth_method: authentication,
    grant_types: features.includes('device') ? [CODE, REFRESH, DEVICE] : [CODE, REFRESH],
    response_types: ['code'],
    redirect_uris: LOOPBACK,
    ...more,
  };
}

const clients = [
  registered('cli-native', 'none'),
  registered('cli-basic', 'client_secret_basic', { client_secret: 'basic-secret-4f7c1d9a2be86053' }),
  registered('cli-post', 'client_secret_post', { client_secret: 'post-secret-90b3e6f1c85d274a' }),
  // Refused unless both parts are form-encoded before base64 (RFC 6749 section 2.3.1): a colon in the id, and a
  // plus, a percent sign and a blank in the secret, which decode to something else when they were not encoded.
  registered('cli:odd client', 'client_secret_basic', { client_secret: 's+cret %41nd=more/of:it&so?on' }),
  registered('cli-norefresh', 'none', { grant_types: [CODE] }),
  ...(features.includes('par') ? [registered('cli-par', 'none', { require_pushed_authorization_requests: true })] : []),
  ...(features.includes('dpop') ? [registered('cli-dpop', 'none', { dpop_bound_access_tokens: true })] : []),
  ...(features.includes('credentials') ? [registered('svc', 'client_secret_basic', {
    client_secret: 'machine-secret-6a1f0c9d3e7b', grant_types: [CREDENTIALS], response_types: [], redirect_uris: [],
  })] : []),
  // Not a native client: the redirect URI must match to the letter, port included.
  registered('web-fixed', 'none', { application_type: 'web', redirect_uris: ['http://127.0.0.1:17171/callback'] }),
];

// What the server holds, by kind and id. The package's own store forgets the oldest of about a thousand entries
// without a word; this one forgets nothing, and the package itself judges what has expired.
const entries = new Map();

class Adapter {
  constructor(kind) {
    if (!entries.has(kind)) entries.set(kind, new Map());
    this.entries = entries.get(kind);
  }

  async upsert(id, payload) { this.entries.set(id, payload); }

  async find(id) { return this.entries.get(id); }

  async findByUid(uid) { return this.findBy('uid', uid); }

  async findByUserCode(code) { return this.findBy('userCode', code); }

  async findBy(field, value) {
    for (const payload of this.entries.values()) if (payload[field] === value) return payload;
    return undefined;
  }

  async consume(id) { this.entries.get(id).consumed = Math.floor(Date.now() / 1000); }

  async destroy(id) { this.entries.delete(id); }

  async revokeByGrantId(grantId) {
    for (const [id, payload] of this.entries) if (payload.grantId === grantId) this.entries.delete(id);
  }
}

const counters = {
  // Token requests that were answered or are about to be, by grant_type; `other` has none that we know.
  token_requests: { [CODE]: 0, [REFRESH]: 0, [DEVICE]: 0, [CREDENTIALS]: 0, other: 0 },
  token_successes: { [CODE]: 0, [REFRESH]: 0, [DEVICE]: 0, [CREDENTIALS]: 0, other: 0 },
  // Error codes of the token endpoint (RFC 6749 section 5.2).
  token_errors: { invalid_client: 0, invalid_grant: 0, invalid_request: 0, other: 0 },
  // Grants the package revoked because a spent refresh token was presented.
  refresh_reuse: 0,
  // Revocation requests answered with success (RFC 7009 says that also of a token nobody knows).
  revocations: 0,
  // Times somebody signed in; not those who agreed only, nor those who cancelled.
  logins: 0,
  // Every request to the server, these doors left out, by what it was for.
  requests: {
    discovery: 0,
    jwks: 0,
    authorization: 0,
    pushed_authorization_request: 0,
    device_authorization: 0,
    interaction: 0,
    token: 0,
    userinfo: 0,
    introspection: 0,
    revocation: 0,
    registration: 0,
    other: 0,
  },
};
const count = (table, name) => { table[Object.hasOwn(table, name) ? name : 'other'] += 1; };

const INTERACTION = new Set(['interaction', 'submit', 'abort', 'resume']);
let hang = 0;
let busy = Promise.resolve();

// Token requests one after another: what a database transaction does for a real server. Otherwise two refreshes
// that come together may both pass before either has marked the token as spent, and the reuse goes unnoticed.
function inTurn(work) {
  const turn = busy.then(work);
  busy = turn.catch(() => {});
  return turn;
}

async function watch(ctx, next) {
  const token = ctx.method === 'POST' && ctx.path === '/token';
  await (token ? inTurn(next) : next());
  const route = ctx.oidc?.route;
  count(counters.requests, INTERACTION.has(route) ? 'interaction' : route);
  if (route === 'submit' && ctx.status === 303 && ctx.oidc.body.prompt === 'login') counters.logins += 1;
  if (route === 'revocation' && ctx.status === 200) counters.revocations += 1;
  if (!token) return;
  count(counters.token_requests, ctx.oidc.params?.grant_type);
  if (hang > 0) await sleep(hang);
}

function provider(issuer) {
  // By way of DER: Node 20 can hang for ever when a key is exported that shares its lock with the job that made it.
  const form = { type: 'pkcs8', format: 'der' };
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: form });
  const rsa = createPrivateKey({ key: privateKey, ...form }).export({ format: 'jwk' });
  const made = new Provider(issuer, {
    adapter: Adapter,
    clients,
    jwks: { keys: [{ ...rsa, use: 'sig', alg: 'RS256', kid: 'test' }] },
    cookies: { keys: ['a key for tests alone'] },
    scopes: ['openid', 'offline_access', 'profile', 'email'],
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'] },
    responseTypes: ['code'],
    pkce: { required: () => true },
    // The package's own 15 seconds of grace would keep a dead token alive.
    clockTolerance: 0,
    rotateRefreshToken: () => setting('OIDC_ROTATE', '1') !== '0',
    issueRefreshToken: async (ctx, client, source) => client.grantTypeAllowed(REFRESH)
      && (setting('OIDC_REFRESH', 'always') !== 'offline' || source.scopes.has('offline_access')),
    // A credential outlives the browser session it was born in.
    expiresWithSession: async () => false,
    ttl: {
      AccessToken: seconds('OIDC_ACCESS_TTL', '3600'),
      RefreshToken: seconds('OIDC_REFRESH_TTL', '86400'),
      AuthorizationCode: seconds('OIDC_CODE_TTL', '60'),
      DeviceCode: 600,
      IdToken: 3600,
      Interaction: 600,
      Session: 86400,
      Grant: 1209600,
    },
    findAccount: async (ctx, accountId) => ({
      accountId,
      claims: async () => ({
        sub: accountId,
        name: `Test ${accountId}`,
        preferred_username: accountId,
        email: accountId.includes('@') ? accountId : `${accountId}@example.test`,
        email_verified: true,
      }),
    }),
    features: {
      devInteractions: { enabled: true },
      revocation: { enabled: true },
      // Each one said aloud: the package has some of them on by itself.
      ...Object.fromEntries(Object.entries(FEATURES).map(([name, own]) => [own, { enabled: features.includes(name) }])),
      ...(features.includes('nonce') ? {
        dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 7), requireNonce: () => true },
      } : {}),
    },
  });
  made.use(watch);
  made.on('grant.success', (ctx) => count(counters.token_successes, ctx.oidc.params.grant_type));
  made.on('grant.error', (ctx, error) => count(counters.token_errors, error.error));
  made.on('grant.revoked', (ctx) => {
    if (ctx.oidc.route === 'token' && ctx.oidc.params.grant_type === REFRESH) counters.refresh_reuse += 1;
  });
  made.on('server_error', (ctx, error) => console.error(error));
  return made;
}

// Our own doors: a function for each, giving what is answered as JSON.
const doors = {
  'GET /counters': () => counters,
  'POST /expire': () => {
    entries.get('AccessToken')?.clear();
    return {};
  },
  'POST /hang': (query) => {
    const ms = Number(query.get('ms'));
    if (!query.has('ms') || !Number.isInteger(ms) || ms < 0) throw new Error('ms is not a number of milliseconds');
    hang = ms;
    return { ms };
  },
};

function open(door, query, response) {
  const answer = (status, body) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  try {
    answer(200, door(query));
  } catch (error) {
    answer(400, { error: error.message });
  }
}

const server = http.createServer();
server.listen(Number(setting('OIDC_PORT', '0')), '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const handle = provider(issuer).callback();
  server.on('request', (request, response) => {
    const { pathname, searchParams } = new URL(request.url, issuer);
    const door = doors[`${request.method} ${pathname}`];
    if (door) open(door, searchParams, response);
    else handle(request, response);
  });
  console.log(`READY ${issuer}`);
});

process.stdin.resume();
for (const end of ['end', 'close', 'error']) process.stdin.on(end, () => process.exit(0));
