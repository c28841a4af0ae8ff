/** A call's view, as React state. */

import type { Call, CallView } from "@bedside/sdk";
import { useCallback, useSyncExternalStore } from "react";

export function useCallView(call: Call): CallView {
  const subscribe = useCallback((onChange: () => void) => call.on("change", onChange), [call]);
  return useSyncExternalStore(subscribe, () => call.view);
}
