import { describeDamagedTexts } from './damaged-texts.ts';

describeDamagedTexts(10_000, 2);
