// Somebody away from home: a namespace of their own, joined to the one that Bedside runs in by two networks of which one is
// up at a time, as a phone's Wi-Fi and mobile network are.

import { Namespace } from './namespace.js';
import { LOCALHOST_IS_THERE, openDoors } from './reach.js';

const NETWORKS = { wifi: 1, mobile: 2 };

export class Roaming {
  /** Bedside is reached as localhost, by the flag in `chromiumFlag`. */
  static async start(home) {
    const roaming = new Roaming();
    roaming.home = home;
    roaming.namespace = new Namespace({ isBare: true });
    for (const [name, number] of Object.entries(NETWORKS)) {
      const near = `to-${name}`;
      home.ip('link', 'add', near, 'type', 'veth', 'peer', 'name', name, 'netns', roaming.namespace.name);
      home.ip('addr', 'add', `10.79.${number}.1/24`, 'dev', near);
      home.ip('link', 'set', near, 'up');
    }
    roaming.connect('wifi');
    roaming.doors = await openDoors(home);
    return roaming;
  }

  get chromiumFlag() {
    return LOCALHOST_IS_THERE;
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
    for (const door of this.doors) door.kill();
    this.namespace.close();
  }
}
