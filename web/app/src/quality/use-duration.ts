/** A length of time in words: "1 min 20 s". */

import { useTranslation } from "react-i18next";

export function useDuration(): (seconds: number) => string {
  const { t } = useTranslation();
  return (seconds) => {
    const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
    const words = [];
    if (minutes > 0) words.push(t("quality.minutes", { count: minutes }));
    if (rest > 0 || minutes === 0) words.push(t("quality.seconds", { count: rest }));
    return words.join(" ");
  };
}
