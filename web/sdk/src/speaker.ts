/** Choosing and testing what sound comes out of. */

/** Whether this browser lets a page choose the speaker. Where not, the system's setting holds. */
export function canChooseSpeaker(): boolean {
  return typeof HTMLMediaElement !== "undefined" && "setSinkId" in HTMLMediaElement.prototype;
}

/** Plays `element` on a speaker. Returns whether it does: a speaker may be gone, or choosing not possible. */
export async function setSpeaker(element: HTMLMediaElement, deviceId: string): Promise<boolean> {
  if (!canChooseSpeaker()) return false;
  try {
    await element.setSinkId(deviceId);
    return true;
  } catch {
    return false;
  }
}

/** Two notes a fifth apart (A4, E5): easy to hear for most ages, and not an alarm. */
const NOTES_HZ = [440, 659.25];
const NOTE_SECS = 0.45;
/** About −14 dB: audible at usual volume, never loud. */
const VOLUME = 0.2;

/** Plays two notes on a speaker; settles when they have been played. Call it from a click. */
export async function playTestTone(deviceId?: string): Promise<void> {
  const context = new AudioContext();
  try {
    const output = context.createMediaStreamDestination();
    const element = new Audio();
    element.srcObject = output.stream;
    if (deviceId !== undefined) await setSpeaker(element, deviceId);
    await context.resume();
    await element.play();
    await playNotes(context, output);
    element.pause();
    element.srcObject = null;
  } finally {
    await context.close();
  }
}

function playNotes(context: AudioContext, output: AudioNode): Promise<void> {
  return new Promise((resolve) => {
    NOTES_HZ.forEach((frequency, index) => {
      const start = context.currentTime + index * NOTE_SECS;
      const tone = new OscillatorNode(context, { frequency });
      const gain = new GainNode(context, { gain: 0 });
      // A short ramp at both ends: without it the note starts and ends with a click.
      gain.gain.setValueAtTime(0, start);
      gain.gain.linearRampToValueAtTime(VOLUME, start + 0.03);
      gain.gain.setValueAtTime(VOLUME, start + NOTE_SECS - 0.08);
      gain.gain.linearRampToValueAtTime(0, start + NOTE_SECS);
      tone.connect(gain).connect(output);
      tone.start(start);
      tone.stop(start + NOTE_SECS);
      if (index === NOTES_HZ.length - 1) {
        tone.onended = () => {
          resolve();
        };
      }
    });
  });
}
