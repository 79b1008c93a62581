#!/usr/bin/env node
// An MCP server that guards itself with the authorization parts of the official SDK, on 127.0.0.1.
//
// It prints one line, `READY http://127.0.0.1:PORT/mcp`, and ends when its stdin closes. Whoever visits its
// authorization page agrees at once. No client is known beforehand: one registers itself. A refresh token is good once.
//
//   MCP_ACCESS_TTL    seconds an access token lives (default 3600)
//
//   GET /counters     how many registrations, codes, refreshes and calls of the guarded address there were
import { randomBytes } from 'node:crypto';
import { load } from './modules.mjs';

const { default: express } = await load('express');
const { mcpAuthRouter, getOAuthProtectedResourceMetadataUrl } = await load('@modelcontextprotocol/sdk/server/auth/router.js');
const { requireBearerAuth } = await load('@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js');
const { InvalidGrantError, InvalidTokenError } = await load('@modelcontextprotocol/sdk/server/auth/errors.js');

const life = Number(process.env.MCP_ACCESS_TTL || '3600');
const counters = { registrations: 0, codes: 0, refreshes: 0, calls: 0 };
const [clients, codes, access, refresh] = [new Map(), new Map(), new Map(), new Map()];
const random = () => randomBytes(24).toString('base64url');
const seconds = () => Math.floor(Date.now() / 1000);

function tokens(client, scopes, resource) {
  const [accessToken, refreshToken] = [random(), random()];
  access.set(accessToken, { token: accessToken, clientId: client.client_id, scopes, expiresAt: seconds() + life, resource });
  refresh.set(refreshToken, { client: client.client_id, scopes });
  return {
    access_token: accessToken, token_type: 'bearer', expires_in: life, scope: scopes.join(' '), refresh_token: refreshToken,
  };
}

function taken(from, name) {
  const found = from.get(name);
  if (!found) throw new InvalidGrantError('unknown, or used before');
  from.delete(name);
  return found;
}

const provider = {
  clientsStore: {
    getClient: async (id) => clients.get(id),
    registerClient: async (client) => {
      counters.registrations += 1;
      const known = { ...client, client_id: random(), client_id_issued_at: seconds() };
      clients.set(known.client_id, known);
      return known;
    },
  },
  async authorize(client, params, response) {
    const code = random();
    codes.set(code, { client: client.client_id, ...params });
    const target = new URL(params.redirectUri);
    target.searchParams.set('code', code);
    if (params.state) target.searchParams.set('state', params.state);
    response.redirect(target.href);
  },
  challengeForAuthorizationCode: async (client, code) => codes.get(code)?.codeChallenge,
  async exchangeAuthorizationCode(client, code, verifier, redirectUri, resource) {
    const given = taken(codes, code);
    if (String(given.resource) !== String(resource)) throw new InvalidGrantError('another resource than was agreed to');
    counters.codes += 1;
    return tokens(client, given.scopes ?? [], resource);
  },
  async exchangeRefreshToken(client, token, scopes, resource) {
    const given = taken(refresh, token);
    counters.refreshes += 1;
    return tokens(client, scopes?.length ? scopes : given.scopes, resource);
  },
  async verifyAccessToken(token) {
    const found = access.get(token);
    if (!found || String(found.resource) !== String(resource)) throw new InvalidTokenError('not for this resource');
    return found;
  },
  async revokeToken(client, { token }) {
    access.delete(token);
    refresh.delete(token);
  },
};

let resource;
const app = express();
const server = app.listen(0, '127.0.0.1', () => {
  const issuer = new URL(`http://127.0.0.1:${server.address().port}/`);
  resource = new URL('/mcp', issuer);
  app.use(mcpAuthRouter({
    provider, issuerUrl: issuer, resourceServerUrl: resource, scopesSupported: ['mcp:read', 'mcp:write'],
  }));
  const guard = requireBearerAuth({
    verifier: provider, requiredScopes: ['mcp:read'], resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resource),
  });
  app.post('/mcp', guard, (request, response) => {
    counters.calls += 1;
    response.json({ jsonrpc: '2.0', id: 1, result: { client: request.auth.clientId } });
  });
  app.get('/counters', (request, response) => response.json(counters));
  console.log(`READY ${resource.href}`);
});

process.stdin.resume();
for (const end of ['end', 'close', 'error']) process.stdin.on(end, () => process.exit(0));
