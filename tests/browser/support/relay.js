// Relays connections from one place to another. A place is `address:port`, or the path of a socket file, which every network
// namespace of the machine can reach.

import { connect, createServer } from 'node:net';

const [from, to] = process.argv.slice(2).map((place) => {
  const [, host, port] = place.match(/^([\d.]+):(\d+)$/) ?? [];
  return host ? { host, port: Number(port) } : { path: place };
});

createServer((near) => {
  const far = connect(to);
  for (const end of [near, far]) end.setNoDelay?.(true);
  near.pipe(far).pipe(near);
  near.on('error', () => far.destroy());
  far.on('error', () => near.destroy());
}).listen(from);
