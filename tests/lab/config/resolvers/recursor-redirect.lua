addTA(".", "@ANCHOR_DS@")
