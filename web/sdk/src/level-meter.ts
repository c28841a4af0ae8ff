/** How loud a microphone is, for a moving bar that tells somebody that they are heard. */

/** Ten readings a second look alive and cost little. */
const READ_EVERY_MS = 100;
/** What counts as silence and as full: normal speech into a laptop lies around −30 dBFS. */
const SILENCE_DB = -60;
const FULL_DB = -10;

/** Calls `listener` with 0 … 1 ten times a second, until the returned function is called. */
export function meterLevel(track: MediaStreamTrack, listener: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  // Starts suspended without a user's gesture (iOS); resuming is then refused and the bar stays empty.
  context.resume().catch(() => undefined);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    listener(levelOf(samples));
  }, READ_EVERY_MS);
  return () => {
    clearInterval(timer);
    context.close().catch(() => undefined);
  };
}

/** The level of some samples: root mean square, in decibels, put on 0 … 1. */
export function levelOf(samples: Float32Array): number {
  let squares = 0;
  for (const sample of samples) squares += sample * sample;
  const rms = Math.sqrt(squares / samples.length);
  if (rms === 0) return 0;
  const db = 20 * Math.log10(rms);
  return Math.min(1, Math.max(0, (db - SILENCE_DB) / (FULL_DB - SILENCE_DB)));
}
