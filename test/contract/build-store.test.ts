import { endingsContract } from './endings-contract.ts';
import { grantsContract } from './grants-contract.ts';
import { onBoth } from './stores.ts';
import { vmContract } from './vm-contract.ts';

onBoth('the build store', (open) => {
  grantsContract(open);
  endingsContract(open);
  vmContract(open);
});
