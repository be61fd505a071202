/** Whether a team of threads shares updates, or one of them makes them alone. */
export interface Pace {
  /** Whether the next update is to be shared. */
  readonly shares: boolean;
  /** Counts an update, which was as `shares` said. */
  took(milliseconds: number): void;
}

/** Updates of a trial that are made one way before the other has its turn, so that both meet the same luck. */
const TURN = 8;
/** Turns of each way in a trial. On busy cores single updates take from one to ten times as long. */
const TURNS = 4;
/** Of the time that updates take alone: those that are shared have to be clearly faster, as they take more cores. */
const WORTH_SHARING = 0.9;
/** A trial ends early where shared updates take so many times as long. */
const HOPELESS = 2;
/** Updates between two trials: at first, and at most, where each says the same as the one before. */
const [SHORTEST, LONGEST] = [128, 4096];
/** How many times as many updates there are until the next trial where one says the same as the one before. */
const CONFIRMED = 4;
/** Updates whose mean says whether the cores are others than in the last trial. */
const WINDOW = 32;
/** So many times as long as in the last trial shared updates take where others have come to want the cores... */
const SLOWER = 1.5;
/** ...and updates alone where these have gone. */
const FASTER = 0.75;

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Chooses by the time that updates take: what was faster when last tried. So threads give way where other programs want
 * their cores, on which those that share an update would wait for each other. It tries again after ever longer times, and
 * when what it has chosen takes another time than it did.
 */
export function pace(): Pace {
  let shares = true;
  /** What the last trial has said, and how long updates took then. */
  let chosen: { readonly shares: boolean; readonly mean: number } | undefined;
  let interval = SHORTEST;
  let updatesSinceTrial = 0;
  /** Means of turns, while there is a trial. */
  let trial: { readonly shared: number[]; readonly alone: number[] } | undefined;
  let times: number[] = [];

  const begin = () => {
    trial = { shared: [], alone: [] };
  };
  const conclude = (shared: number, alone: number) => {
    trial = undefined;
    shares = shared < WORTH_SHARING * alone;
    interval = shares === chosen?.shares ? Math.min(CONFIRMED * interval, LONGEST) : SHORTEST;
    chosen = { shares, mean: shares ? shared : alone };
    updatesSinceTrial = 0;
  };
  const afterTurn = ({ shared, alone }: NonNullable<typeof trial>, mean: number) => {
    (shares ? shared : alone).push(mean);
    const [ofShared, ofAlone] = [meanOf(shared), meanOf(alone)];
    const hasBoth = shared.length === alone.length;
    if (hasBoth && (shared.length === TURNS || ofShared > HOPELESS * ofAlone)) conclude(ofShared, ofAlone);
    else shares = !shares;
  };
  const afterWindow = (mean: number) => {
    updatesSinceTrial += WINDOW;
    // The first updates, which load and compile, say nothing.
    if (!chosen) {
      begin();
      return;
    }
    const isAnother = chosen.shares ? mean > SLOWER * chosen.mean : mean < FASTER * chosen.mean;
    if (updatesSinceTrial >= (isAnother ? SHORTEST : interval)) begin();
  };
  return {
    get shares() {
      return shares;
    },
    took: (milliseconds) => {
      times.push(milliseconds);
      const enough = trial || !chosen ? TURN : WINDOW;
      if (times.length < enough) return;
      const mean = meanOf(times);
      times = [];
      if (trial) afterTurn(trial, mean);
      else afterWindow(mean);
    },
  };
}
