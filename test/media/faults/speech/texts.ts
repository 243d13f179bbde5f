/** Scripts of five sentences: plain ones, and ones full of figures, names and short forms. None of them was used to find a threshold. */
export const texts: readonly (readonly string[])[] = [
  [
    'Every river begins somewhere small.',
    'Rain falls on a hill and gathers in a narrow stream.',
    'The stream cuts a valley that grows wider with every century.',
    'Where the land is flat, the water slows down and drops its sand.',
    'At the coast it meets the tide and loses its name.',
  ],
  [
    'Glass is made from sand, ash and lime.',
    'A furnace melts the mixture at more than a thousand degrees.',
    'Workers once blew each bottle with their own breath.',
    'Today machines form six hundred bottles in a single minute.',
    'Broken pieces go back into the oven and become new again.',
  ],
  [
    'In 2019 the airport counted 28 million passengers.',
    'By 2021 that number had fallen to 7.5 million.',
    'Dr. Keller, who runs the terminal in Zürich, expected worse.',
    'Fees rose by 12 % to $34.50 for each ticket.',
    'The new runway opens on June 3rd at 9:30 a.m.',
  ],
  [
    'Nortavia and Belquist sell 1,250 solar lamps a week.',
    'Each lamp costs €19, i.e. less than a day of diesel.',
    'The U.K. branch, led by Ms. Ogilvy, grew three times as fast.',
    "OpenAI's API writes the labels in 24 languages.",
    'Only 3/4 of the lamps leave the plant; the rest are kept as spares.',
  ],
  [
    'A good map leaves almost everything out.',
    'It shows the road, the bridge and the next village.',
    'Old maps were drawn by people who had walked the ground.',
    'Their mistakes tell us where they were afraid to go.',
    'New ones are drawn from the sky within hours.',
  ],
  [
    'Hold the violin under your chin.',
    'Keep the left wrist straight and the fingers round.',
    'Draw the bow slowly from one end to the other.',
    'Listen to the tone before you look at the notes.',
    'Practise a little every day rather than a lot on Sunday.',
  ],
]

/** What may be said in place of, or beside, a sentence of any script. */
export const strangers: readonly string[] = [
  'Nobody answered when the telephone rang last night.',
  'Put three onions and a spoon of butter into the pan.',
  'Her brother plays football for a club in the north.',
  'The museum will stay closed until the roof is mended.',
]
