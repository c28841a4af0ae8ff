/** Says aloud what one sees: who came and went, connection, own microphone and camera (WCAG 2.2 AA 4.1.3). */

import type { Call, CallView, Participant } from "@bedside/sdk";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import { useAnnounce } from "../layout/announcer";
import type { Names } from "./use-names";
import type { NoticeOf } from "./use-video-notices";

export function useCallAnnouncements(
  call: Call,
  view: CallView,
  { nameOf, isAsked }: Names,
  noticeOf: NoticeOf,
): void {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const before = useRef(view);
  const arrived = useRef<Participant[]>([]);

  useEffect(() => {
    // Somebody new has a name a moment later: they are announced by it.
    const announceNamed = () => {
      const [later, now] = [arrived.current.filter(({ seat }) => isAsked(seat)), arrived.current];
      arrived.current = later;
      for (const participant of now) {
        if (!later.includes(participant)) announce(t("visit.arrived", { name: nameOf(participant) }));
      }
    };
    announceNamed();
    const stops = [
      call.on("arrived", (participant) => {
        arrived.current.push(participant);
        announceNamed();
      }),
      call.on("departed", ({ participant, reason }) => {
        announce(t(`visit.departed.${reason}`, { name: nameOf(participant) }));
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [call, announce, nameOf, isAsked, t]);

  useEffect(() => {
    const old = before.current;
    before.current = view;
    if (old.state !== view.state) {
      if (view.state === "connected") announce(t("visit.connected"));
      if (view.state === "reconnecting") announce(t("visit.reconnecting"));
    }
    if (view.state === "ended") return;
    if (view.isDetached && !old.isDetached && view.state === "connected") announce(t("visit.detached"));
    if (old.microphone.isOn !== view.microphone.isOn) {
      announce(view.microphone.isOn ? t("visit.unmutedNow") : t("visit.mutedNow"));
    }
    if (old.camera.isOn !== view.camera.isOn) {
      announce(view.camera.isOn ? t("visit.cameraStartedNow") : t("visit.cameraStoppedNow"));
    }
    if (old.screen.isOn !== view.screen.isOn) {
      announce(view.screen.isOn ? t("visit.sharingNow") : t("visit.sharingStoppedNow"));
    }
    for (const slot of view.slots) {
      const isNew = slot.kind === "screen" && !old.slots.some(({ id }) => id === slot.id);
      if (isNew) announce(t("visit.screenStarted", { name: nameOf(slot) }));
    }
  }, [view, announce, nameOf, t]);

  const noticed = useRef<string[]>([]);
  useEffect(() => {
    const own = view.isHeldUp && view.camera.isOn ? [t("visit.paused.own")] : [];
    const others = view.slots.flatMap((slot) => {
      const { paused, cannotSee } = noticeOf(slot);
      const name = nameOf(slot);
      return [
        ...(paused === null ? [] : [t(`visit.paused.${paused}`, { name })]),
        ...(cannotSee ? [t("visit.cannotSee", { name })] : []),
      ];
    });
    // Of the own connection it is said once, however many pictures stand.
    const now = [...new Set([...own, ...others])];
    for (const text of now) {
      if (!noticed.current.includes(text)) announce(text);
    }
    noticed.current = now;
  }, [view.slots, view.isHeldUp, view.camera.isOn, announce, nameOf, noticeOf, t]);
}
