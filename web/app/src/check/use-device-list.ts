/** The devices of this machine, kept current while the page is shown. */

import { type DeviceList, listDevices, watchDevices } from "@bedside/sdk";
import { useCallback, useEffect, useState } from "react";

const NO_DEVICES: DeviceList = { microphones: [], cameras: [], speakers: [] };

export function useDeviceList() {
  const [list, setList] = useState(NO_DEVICES);
  /** Also after a device was opened: only then do browsers tell names. */
  const refresh = useCallback(async () => {
    setList(await listDevices());
  }, []);
  useEffect(() => {
    // Later, not in the effect itself: the list comes by a promise anyway.
    void listDevices().then(setList);
    return watchDevices(() => void refresh());
  }, [refresh]);
  return { list, refresh };
}
