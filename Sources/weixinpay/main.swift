import ArgumentParser
import Linux

// Before anything is opened.
StandardStreams.open()
StandardStreams.checkOutputAtExit()
// Before anything reads a variable, and before there is a second thread.
Environment.scrub()
WeixinpayCommand.main()
