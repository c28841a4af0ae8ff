/** Says in words how a connection is, why, and what to try. */

import type { Quality } from "@bedside/sdk";
import { useTranslation } from "react-i18next";

/** `name`: whose it is; `null` for the own. Empty while nothing is known. */
export function useQualityWords(): (quality: Quality, name: string | null) => string {
  const { t } = useTranslation();
  return ({ grade, cause }, name) => {
    if (grade === null) return "";
    const words = [t(`visit.quality.${grade}`)];
    if (cause !== null) {
      words.push(name === null ? t(`visit.cause.own.${cause}`) : t(`visit.cause.other.${cause}`, { name }));
    }
    return words.join(". ");
  };
}
