// coturn as Bedside's relay, started as operators start it (config/coturn), at the address of the node.

import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { makeCertificate } from './certificate.js';
import { isOpen, NODE_ADDRESS } from './reach.js';
import { scratch } from './scratch.js';
import { until } from './wait.js';

const START = resolve('../../config/coturn/start');
/** The port of TLS, which no firewall that lets pages through can tell from one. */
export const TLS_PORT = 443;
const PLAIN_PORT = 3478;

/** What is known before the relay runs: `args` tell `bedside serve` of it, `chromiumFlag` trusts its certificate. */
export function prepareRelay() {
  const folder = scratch('turn');
  const secret = join(folder, 'secret');
  writeFileSync(secret, 'a secret of the stories, longer than it needs to be\n', { mode: 0o600 });
  const { certificate, key, chromiumFlag } = makeCertificate();
  const url = `turns:${NODE_ADDRESS}:${TLS_PORT}?transport=tcp`;
  return {
    args: ['--turn-url', url, '--turn-secret-file', secret],
    chromiumFlag,
    /** Once the address is there. The child that is returned is to be killed in the end. */
    async start(home) {
      const ports = ['--listening-port', `${PLAIN_PORT}`, '--tls-listening-port', `${TLS_PORT}`];
      const addresses = ['--listening-ip', NODE_ADDRESS, '--relay-ip', NODE_ADDRESS];
      const child = home.spawn('sh', [START, ...addresses, ...ports, '--cert', certificate, '--pkey', key], {
        env: { ...process.env, TURN_SECRET_FILE: secret, TURN_MEDIA: NODE_ADDRESS, TURN_FOLDER: join(folder, 'run') },
        stdio: 'ignore',
      });
      await until('the relay (Debian: coturn)', () => isOpen(home, TLS_PORT));
      return child;
    },
  };
}
