import { billOfMaterials } from './production-packages.js';

/** Prints the bill of materials (CycloneDX, JSON). */
console.log(JSON.stringify(billOfMaterials(), null, 2));
