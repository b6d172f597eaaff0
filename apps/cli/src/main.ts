import { hello } from '@aceso/kernel';
import { two } from '@aceso/kernel/domain';
console.log(hello, two);
