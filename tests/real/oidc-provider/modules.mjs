// Finds the packages where `tests/run` put them: in `oidc-provider/` under OAUTH_TEST_REAL, or else under the
// repository's own target/real. Nothing is ever installed beside the sources.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const real = process.env.OAUTH_TEST_REAL || fileURLToPath(new URL('../../../target/real', import.meta.url));
const installed = createRequire(join(real, 'oidc-provider', 'package.json'));

/** The module `name` of the installed packages. */
export async function load(name) {
  return import(pathToFileURL(installed.resolve(name)));
}
