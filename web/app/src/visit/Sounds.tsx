/** Everybody's sound; and a button where the browser holds it back until a click. */

import { type Slot, setSpeaker } from "@bedside/sdk";
import { mdiVolumeOff } from "@mdi/js";
import { Alert, Button } from "@mui/material";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { Icon } from "../layout/Icon";

export function Sounds({ slots, speakerId }: { slots: readonly Slot[]; speakerId: string | null }) {
  const { t } = useTranslation();
  const elements = useRef(new Map<string, HTMLAudioElement>());
  const [isBlocked, setBlocked] = useState(false);

  const play = useCallback(async (element: HTMLAudioElement) => {
    try {
      await element.play();
      setBlocked(false);
    } catch (error) {
      // AbortError: a newer stream replaced this one, which plays by itself.
      if (error instanceof DOMException && error.name === "NotAllowedError") setBlocked(true);
    }
  }, []);

  useEffect(() => {
    const playing = elements.current;
    for (const element of playing.values()) if (speakerId !== null) void setSpeaker(element, speakerId);
    for (const { id, audio } of slots) {
      if (audio === null) continue;
      const element = playing.get(id) ?? new Audio();
      if (element.srcObject === audio) continue;
      if (speakerId !== null && !playing.has(id)) void setSpeaker(element, speakerId);
      playing.set(id, element);
      element.srcObject = audio;
      void play(element);
    }
    for (const [id, element] of playing) {
      if (slots.some((slot) => slot.id === id && slot.audio !== null)) continue;
      element.srcObject = null;
      playing.delete(id);
    }
  }, [slots, speakerId, play]);

  useEffect(() => {
    const { current } = elements;
    return () => {
      for (const element of current.values()) element.srcObject = null;
      current.clear();
    };
  }, []);

  if (!isBlocked) return null;
  return (
    <Alert
      severity="warning"
      icon={<Icon path={mdiVolumeOff} />}
      sx={{ borderRadius: 0 }}
      action={
        <Button
          color="inherit"
          variant="outlined"
          onClick={() => {
            for (const element of elements.current.values()) void play(element);
          }}
        >
          {t("visit.soundAllow")}
        </Button>
      }
    >
      {t("visit.soundBlocked")}
    </Alert>
  );
}
