import { describeKills } from '../testing/describe-kills.ts';

describeKills(12, { everyConfiguration: true });
