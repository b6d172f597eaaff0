import { parseParentTable } from './disease-files';
import { DiseaseTree } from './disease-tree';

/**
 * Our own small selection of common diseases under codes and names of the Mondo Disease Ontology (mondo.monarchinitiative.org,
 * CC BY 4.0). The edges are ours: each says that the first is a kind of the second, steps of Mondo between them are left out. An
 * operator loads the whole of Mondo instead.
 */
const TABLE = `code,parent,name
MONDO:0000001,,disease
MONDO:0004992,MONDO:0000001,cancer
MONDO:0007254,MONDO:0004992,breast cancer
MONDO:0008903,MONDO:0004992,lung cancer
MONDO:0005575,MONDO:0004992,colorectal cancer
MONDO:0008315,MONDO:0004992,prostate cancer
MONDO:0004995,MONDO:0000001,cardiovascular disorder
MONDO:0005044,MONDO:0004995,hypertensive disorder
MONDO:0005010,MONDO:0004995,coronary artery disorder
MONDO:0005068,MONDO:0004995,myocardial infarction
MONDO:0005252,MONDO:0004995,heart failure
MONDO:0004981,MONDO:0004995,atrial fibrillation
MONDO:0005015,MONDO:0000001,diabetes mellitus
MONDO:0005147,MONDO:0005015,type 1 diabetes mellitus
MONDO:0005148,MONDO:0005015,type 2 diabetes mellitus
MONDO:0005406,MONDO:0005015,gestational diabetes
MONDO:0011122,MONDO:0000001,obesity disorder
MONDO:0005087,MONDO:0000001,respiratory system disorder
MONDO:0004979,MONDO:0005087,asthma
MONDO:0005002,MONDO:0005087,chronic obstructive pulmonary disease
MONDO:0008903,MONDO:0005087,lung cancer
MONDO:0005240,MONDO:0000001,kidney disorder
MONDO:0005300,MONDO:0005240,chronic kidney disease
MONDO:0005071,MONDO:0000001,nervous system disorder
MONDO:0004975,MONDO:0005071,Alzheimer disease
MONDO:0005180,MONDO:0005071,Parkinson disease
MONDO:0005301,MONDO:0005071,multiple sclerosis
MONDO:0005027,MONDO:0005071,epilepsy
MONDO:0005084,MONDO:0000001,mental disorder
MONDO:0002050,MONDO:0005084,depressive disorder
MONDO:0008383,MONDO:0000001,rheumatoid arthritis
MONDO:0005298,MONDO:0000001,osteoporosis
`;

/** The tree that ships with the program. */
export const SHIPPED_DISEASES: DiseaseTree = new DiseaseTree(parseParentTable(TABLE));
