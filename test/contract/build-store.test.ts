import { endingsContract } from './endings-contract.ts';
import { grantsContract } from './grants-contract.ts';
import { onEach } from './stores.ts';
import { vmContract } from './vm-contract.ts';
import { waitingContract } from './waiting-contract.ts';

onEach('the build store', (open) => {
  grantsContract(open);
  endingsContract(open);
  vmContract(open);
  waitingContract(open);
});
