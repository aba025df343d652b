import { describeDamagedTexts } from './damaged-texts.ts';

describeDamagedTexts(300, 1);
