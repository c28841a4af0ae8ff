// How somebody in another namespace reaches Bedside: pages and signalling come through a relay, because demo data is served
// on its own machine only; media goes straight.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { until } from './wait.js';

/** Where Bedside is reached from elsewhere: give it as `--media-address`. */
export const NODE_ADDRESS = '10.79.0.1';
/** Pages are at localhost, wherever the browser is. */
export const LOCALHOST_IS_THERE = `--host-resolver-rules=MAP localhost ${NODE_ADDRESS}`;
/** The doors of `bedside serve`: pages and API, signalling. */
export const DOORS = [8080, 7701];

/** Opens the address and the doors on it. The relays that are returned are to be killed in the end. */
export function openDoors(home) {
  home.ip('addr', 'add', `${NODE_ADDRESS}/32`, 'dev', 'lo');
  return Promise.all(
    DOORS.map(async (port) => {
      const relay = startRelay(home, `${NODE_ADDRESS}:${port}`, `127.0.0.1:${port}`);
      await until(`the relay of port ${port}`, () => isOpen(home, port));
      return relay;
    }),
  );
}

/** What connects to one place in a namespace is connected to another (`relay.js`). To be killed in the end. */
export function startRelay(namespace, from, to) {
  return namespace.spawn(process.execPath, [fileURLToPath(new URL('relay.js', import.meta.url)), from, to]);
}

/** Does somebody take connections there? */
export function isOpen(home, port) {
  const listening = execFileSync('ip', ['netns', 'exec', home.name, 'ss', '-ltn'], { encoding: 'utf8' });
  return listening.includes(`${NODE_ADDRESS}:${port} `);
}
