/** The formatter in the reader's language and zone. */

import { use, useMemo } from "react";
import { useTranslation } from "react-i18next";

import { AccountContext } from "../session/session";
import { createTimes, localeFor, type Times } from "./times";
import { browserZone } from "./zone";

/** Times in the account's zone, or the browser's for somebody without an account. */
export function useTimes(): Times {
  const { i18n } = useTranslation();
  const zone = use(AccountContext)?.time_zone ?? browserZone();
  return useMemo(
    () => createTimes(localeFor(i18n.language, navigator.languages), zone),
    [i18n.language, zone],
  );
}
