//! Where and when steps on site take place.
