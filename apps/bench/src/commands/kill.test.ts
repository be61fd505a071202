import { describeKills } from '../testing/describe-kills.ts';

// Many more, and more configurations: kill.slow.test.ts.
describeKills(1);
