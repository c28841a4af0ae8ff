/** A visit from the door to the end: device check, call, ended. The same for patients, practitioners and guests. */

import { Call, type Outcome } from "@bedside/sdk";
import { Button } from "@mui/material";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, use, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import type { JoinWindow } from "../api/model";
import { DeviceCheck } from "../check/DeviceCheck";
import type { Devices } from "../check/use-device-check";
import { ErrorNotice } from "../errors/ErrorNotice";
import { AccountContext } from "../session/session";
import { enterVisit } from "../session/in-visit";
import { CallScreen } from "./CallScreen";
import { cameraCodec } from "./camera-codec";
import { EndedScreen } from "./EndedScreen";
import { type Admission, askAgain, type Gate, targetOf } from "./gate";
import { WindowNotice } from "./WindowNotice";

export function VisitFlow({ gate, header }: { gate: Gate; header: ReactNode }) {
  const [admission, setAdmission] = useState<(Admission & { speakerId: string | null }) | null>(null);
  const { t } = useTranslation();
  const hasAccount = use(AccountContext) !== null;
  const [outcome, setOutcome] = useState<Outcome | null>(null);

  /** The answer may come after the page was left: nobody joins then. */
  const isGone = useRef(false);
  useEffect(() => {
    isGone.current = false;
    return () => {
      isGone.current = true;
    };
  }, []);

  const join = useMutation({
    mutationFn: async ({ microphone, camera, speakerId }: Devices) => {
      try {
        const answer = await gate.join();
        if (isGone.current) throw new Error("the page was left");
        const call = new Call({ refresh: () => askAgain(gate), cameraCodec: cameraCodec() });
        void call.join(targetOf(answer), { microphone: microphone ?? false, camera: camera ?? false });
        return { call, people: answer.people, speakerId };
      } catch (error) {
        microphone?.stop();
        camera?.stop();
        gate.refresh();
        throw error;
      }
    },
    onSuccess: setAdmission,
  });

  const isRunning = admission !== null && outcome === null;
  useEffect(() => (isRunning ? enterVisit() : undefined), [isRunning]);

  // Leaving the page leaves the visit.
  useEffect(() => () => admission?.call.leave(), [admission]);

  if (outcome !== null) {
    return (
      <EndedScreen
        outcome={outcome}
        onAgain={() => {
          setOutcome(null);
          setAdmission(null);
          gate.refresh();
        }}
      />
    );
  }
  if (admission !== null)
    return <CallScreen admission={admission} people={gate.people} onEnded={setOutcome} />;
  if (isOverFor(gate.window)) {
    return (
      <>
        {header}
        <WindowNotice window={gate.window} />
        {hasAccount && (
          <Button component={Link} to="/" variant="contained" sx={{ mt: 3 }}>
            {t("action.home")}
          </Button>
        )}
      </>
    );
  }
  return (
    <>
      {header}
      <DeviceCheck
        // A failed join has handed the devices over: the check starts afresh.
        key={join.failureCount}
        canJoin={gate.window.open}
        isJoining={join.isPending}
        notice={join.isError ? <ErrorNotice error={join.error} /> : <WindowNotice window={gate.window} />}
        onJoin={(devices) => {
          join.mutate(devices);
        }}
      />
    </>
  );
}

/** Whether nobody will be let in any more: then there is nothing to check a camera for. */
function isOverFor({ open, problem }: JoinWindow): boolean {
  return !open && problem !== null && problem !== "too_early";
}
