import { endingsContract } from './endings-contract.ts';
import { grantsContract } from './grants-contract.ts';
import { onBoth } from './stores.ts';

onBoth('the build store', (open) => {
  grantsContract(open);
  endingsContract(open);
});
