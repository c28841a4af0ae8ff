/** Says what moderators do, what they ask for and who waits, also to a screen reader. Returns the newest that is shown. */

import type { Call, CallView } from "@bedside/sdk";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { useAnnounce } from "../layout/announcer";
import type { Names } from "./use-names";

export function useModerationNotices(
  call: Call,
  view: CallView,
  { nameOf, isAsked }: Names,
): { text: string | null; clear: () => void } {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const [text, setText] = useState<string | null>(null);
  const clear = useCallback(() => {
    setText(null);
  }, []);

  useEffect(() => {
    const say = (said: string) => {
      setText(said);
      announce(said);
    };
    const roleOf = (seat: string) => call.view.participants.find((one) => one.seat === seat)?.role ?? null;
    const stops = [
      call.on("muted", ({ source, seat, role }) => {
        say(t(`visit.moderation.told.muted.${source}`, { name: nameOf({ seat, role }) }));
      }),
      call.on("declined", ({ source, seat }) => {
        say(t(`visit.moderation.told.declined.${source}`, { name: nameOf({ seat, role: roleOf(seat) }) }));
      }),
      call.on("permitted", () => {
        say(t("visit.moderation.told.permissions"));
      }),
      call.on("admitted", () => {
        announce(t("visit.moderation.waiting.admitted"));
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [call, announce, nameOf, t]);

  const before = useRef({ isWaiting: false, isLocked: false, isRecorded: false });
  const said = useRef(new Set<string>());
  useEffect(() => {
    // Another join begins without any of it: what it was before is compared with what it is once media flows.
    if (view.state === "reconnecting") return;
    const { isWaiting, isLocked, isRecorded } = view;
    const old = before.current;
    before.current = { isWaiting, isLocked, isRecorded };
    if (isWaiting && !old.isWaiting) announce(t("visit.moderation.waiting.now"));
    if (isLocked !== old.isLocked) {
      announce(t(isLocked ? "visit.moderation.locked" : "visit.moderation.unlocked"));
    }
    if (isRecorded && !old.isRecorded) announce(t("visit.moderation.recorded"));
    // Each once; somebody new has a name a moment later.
    const now = [
      ...view.asked.map((asked) => ({ ...asked, key: `asked:${asked.source}` })),
      ...view.waiting.map((one) => ({ ...one, source: null, key: `waits:${one.seat}` })),
    ].filter(({ seat, key }) => said.current.has(key) || !isAsked(seat));
    for (const one of now) {
      if (said.current.has(one.key)) continue;
      const name = nameOf(one);
      announce(
        one.source === null
          ? t("visit.moderation.door.knocks", { name })
          : t(`visit.moderation.asked.${one.source}`, { name }),
      );
    }
    said.current = new Set(now.map(({ key }) => key));
  }, [view, announce, nameOf, isAsked, t]);

  return { text, clear };
}
