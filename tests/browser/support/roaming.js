// Somebody away from home: a namespace of their own, joined to the one that Bedside runs in by two networks of which one is
// up at a time, as a phone's Wi-Fi and mobile network are. Pages and signalling come through a relay, because demo data
// is served on its own machine only; media goes straight.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { Namespace } from './namespace.js';
import { until } from './wait.js';

/** Where Bedside is reached from both networks. */
export const NODE_ADDRESS = '10.79.0.1';
const NETWORKS = { wifi: 1, mobile: 2 };

export class Roaming {
  /** `ports` of Bedside are reached as localhost, by the flag in `chromiumFlag`. */
  static async start(home, ports) {
    const roaming = new Roaming();
    roaming.home = home;
    roaming.namespace = new Namespace({ isBare: true });
    home.ip('addr', 'add', `${NODE_ADDRESS}/32`, 'dev', 'lo');
    for (const [name, number] of Object.entries(NETWORKS)) {
      const near = `to-${name}`;
      home.ip('link', 'add', near, 'type', 'veth', 'peer', 'name', name, 'netns', roaming.namespace.name);
      home.ip('addr', 'add', `10.79.${number}.1/24`, 'dev', near);
      home.ip('link', 'set', near, 'up');
    }
    roaming.connect('wifi');
    roaming.relays = await Promise.all(ports.map((port) => startRelay(home, port)));
    return roaming;
  }

  get chromiumFlag() {
    return `--host-resolver-rules=MAP localhost ${NODE_ADDRESS}`;
  }

  /** A network comes up, with an address and a way out. */
  connect(name) {
    const number = NETWORKS[name];
    this.namespace.ip('link', 'set', name, 'up');
    this.namespace.ip('addr', 'add', `10.79.${number}.2/24`, 'dev', name);
    this.namespace.ip('route', 'add', 'default', 'via', `10.79.${number}.1`, 'metric', `${number}`);
  }

  /** A network goes without a word: nothing more comes or goes by its address. */
  disconnect(name) {
    this.namespace.ip('addr', 'flush', 'dev', name);
    this.namespace.ip('link', 'set', name, 'down');
  }

  close() {
    for (const relay of this.relays) relay.kill();
    this.namespace.close();
  }
}

async function startRelay(home, port) {
  const relay = home.spawn(process.execPath, [fileURLToPath(new URL('relay.js', import.meta.url)), NODE_ADDRESS, `${port}`]);
  const isUp = () => {
    const listening = execFileSync('ip', ['netns', 'exec', home.name, 'ss', '-ltn'], { encoding: 'utf8' });
    return listening.includes(`${NODE_ADDRESS}:${port}`);
  };
  await until(`the relay of port ${port}`, isUp);
  return relay;
}
