"""An on-sale rush, simulated: thousands of buyers in a minute, an app that takes 30 a second."""
