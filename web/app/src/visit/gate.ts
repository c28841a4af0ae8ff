/** The door to a visit: what differs between somebody with an account and a guest. */

import { type Call, JoinRefused, type JoinTarget } from "@bedside/sdk";

import type { Join, JoinWindow, Person } from "../api/model";
import { isRefusal } from "../api/problem";

export interface Gate {
  /** Asks the control plane for a place in the visit. */
  join: () => Promise<Join>;
  /** Who may be in it, by seat. */
  people: () => Promise<Person[]>;
  /** Whether and when it is open, as the control plane decides. */
  window: JoinWindow;
  /** Asks again whether it is open. */
  refresh: () => void;
}

/** A call and the names that came with its place. */
export interface Admission {
  call: Call;
  people: Person[];
}

/** What the SDK needs of a join answer. `RTCIceServer` takes `null` for the text "null", so absent stays absent. */
export function targetOf({ url, token, ice_servers: servers }: Join): JoinTarget {
  const iceServers = servers.map(({ urls, username, credential }) => ({
    urls,
    ...(username && { username }),
    ...(credential && { credential }),
  }));
  return { url, token, iceServers };
}

/** Asks for a new place on behalf of a running call. A refusal ends the call; a failure is tried again. */
export async function askAgain(gate: Pick<Gate, "join">): Promise<JoinTarget> {
  try {
    return targetOf(await gate.join());
  } catch (error) {
    if (isRefusal(error)) {
      throw new JoinRefused(error.problem, { cause: error });
    }
    throw error;
  }
}
