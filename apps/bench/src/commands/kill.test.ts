import { describeKills } from '../testing/describe-kills.ts';

// Many more: kill.slow.test.ts.
describeKills(1);
